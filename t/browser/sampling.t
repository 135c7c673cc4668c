# A sampling point and the laboratory, in Chromium: a tube opened, codes
# scanned, one taken out, the tube sealed; results one by one and as a file; a
# correction by two.

use lib 't/lib';
use Civic::Test;

use Civic::Browser;

my $web = Civic::Browser->new(plugins => [ 'login', 'civic', 'staff',
        'sampling' ], fixtures => ['kinship_played'], people => 1);
my $nginx = $web->civic->nginx;
my $secret = 'MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U';

for my $each ([ ann => 'sampler' ], [ cam => 'sampler' ],
    [ lab => 'laboratory' ],
    [ lab2 => 'laboratory' ], [ rob => 'reviewer' ])
{
    $nginx->civicctl('staff', 'add', '--name', $each->[0], '--roles',
        $each->[1], '--password-stdin', '--totp-secret', $secret,
        \"Upper-Floor-2026\n");
}

my $file = $nginx->folder . '/results.csv';
open my $out, '>:utf8', $file or die "$file: $!";
print {$out} "\x{feff}\x{7ba1}\x{53f7},\x{7ed3}\x{679c}\r\n",
    "XB20260002,\x{9634}\x{6027}\r\n\"broken\r\nXB20260009,\x{9634}\x{6027}\r\n";
close $out;

$web->run('sampling.js', secret => $secret, file => $file);
finish();
