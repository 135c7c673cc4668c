# The whole registration in Chromium, by pages alone: somebody applies with a
# photo; reviewers look at both, refuse, turn a decision round; then it is
# paid, and the admission ticket printed. And what was told of it, and consented
# to, in one place.
#
# takes: long

use lib 't/lib';
use Civic::Test;

use Civic::Browser;
use Civic::Exam;
use Civic::Media;
use Civic::Nginx;

my $media = Civic::Media->start;
my $folder = Civic::Process::folder();
my $secret = 'MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U';

system("openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 "
    . "-out '$folder/ticket.pem' 2>/dev/null") == 0 or die 'openssl';
chmod 0644, "$folder/ticket.pem";

my $web = Civic::Browser->new(sandbox => 1, people => 1, photo => $media,
    payment => 1, blobs => 'shared', web => { next => 'exam.html' },
    plugins => [ 'staff', 'exam', 'review',
        "ticket signing_key=$folder/ticket.pem issuer=exam.example" ],
    server => "client_max_body_size 8m;\n");
my $nginx = $web->civic->nginx;

my ($is, $said) = $nginx->civicctl('exam', 'load', Civic::Exam::write($folder,
    Civic::Exam::file(photo_profile => 'default')));
is($is, 0, 'the exam') or diag($said);
for my $name (qw(ann bob)) {
    $nginx->civicctl('staff', 'add', '--name', $name, '--roles', 'reviewer',
        '--password-stdin', '--totp-secret', $secret, \"Upper-Floor-2026\n");
}

my %settings = (secret => $secret, photos => Civic::Nginx::build() . '/photos');
$web->run('registration.js', %settings);

# Whom to seat is looked up in an index, which hears of a payment by a job.
Civic::Process::wait_for('a seat', 60, sub {
    ($is, $said) = $nginx->civicctl('exam', 'seat', '2026-1');
    utf8::decode($said);
    return $is == 0 && $said =~ /seated 1|kept 1|(?:新安排|原有座位) 1 人/;
});
is($is, 0, 'the office gives seats') or diag($said);
$web->run('admission.js', %settings);
$web->run('mine.js');
is_deeply([ $media->alarms ], [], 'the engine is well');
finish();
