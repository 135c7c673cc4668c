#!/usr/bin/perl
# Families for the bench of codes: each of the people opens a code of the own
# and binds a child of two, whom a pledge is enough for.
#
#     families.pl PORT < tokens > "<token> <path>" of each, a child's code
#
# A token of a person who has a child already gets the same child again.

use strict;
use warnings;
use utf8;

use HTTP::Tiny;
use JSON::PP ();

my ($port) = @ARGV;
my $http = HTTP::Tiny->new(timeout => 30);
my $json = JSON::PP->new->utf8;
my ($asked, %child) = (0);

sub ask {
    my ($method, $path, $token, $body) = @_;
    my $answer = $http->request($method, "http://127.0.0.1:$port$path", {
        headers => { Authorization => "Bearer $token",
            'Content-Type' => 'application/json',
            'Idempotency-Key' => "families-$$-" . ++$asked },
        content => $body ? $json->encode($body) : '' });

    die "$method $path: $answer->{status} $answer->{content}\n"
        if !$answer->{success};
    return $answer->{content} eq '' ? undef : $json->decode($answer->{content});
}

# Of nobody: sequence 999.
sub number_of {
    my ($n) = @_;
    my ($year) = (localtime)[5];
    my $body = sprintf '630105%04d%02d%02d999', $year + 1898, 1 + $n % 12,
        1 + $n / 12 % 28;
    my @weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2);
    my $sum = 0;

    $sum += $weights[$_] * substr $body, $_, 1 for 0 .. 16;
    return $body . substr '10X98765432', $sum % 11, 1;
}

sub text_of {
    my ($purpose, $token) = @_;

    return ask(GET => "/civic/consents/texts/$purpose", $token);
}

sub consent {
    my ($purpose, $token, %flags) = @_;
    my $text = text_of($purpose, $token);

    return ask(POST => '/civic/consents', $token, { purpose => $purpose,
        version => $text->{version}, digest => $text->{digest},
        language => 'zh', flags => \%flags, method => 'tick_and_button' });
}

sub bind_child {
    my ($token, $n) = @_;
    my $true = JSON::PP::true();

    consent('health', $token, health => $true);
    ask(POST => '/kinship/code', $token);
    my $binding = ask(POST => '/kinship/bindings', $token, {
        name => '测小小', id_number => number_of($n), relation => 'child' });
    my $id = $binding->{binding_id};
    ask(POST => "/kinship/bindings/$id/agree", $token, {
        version => text_of('kinship', $token)->{version},
        health_version => text_of('health_child', $token)->{version},
        flags => { health => $true, minor => $true },
        agreed => $true, pledged => $true });
    return ask(POST => "/kinship/bindings/$id/finish", $token, {})->{binding_id};
}

# Tokens of the same people come in turn: the first of each binds.
my ($people, $n) = ($ENV{PEOPLE} // 250, 0);
while (my $token = <STDIN>) {
    chomp $token;
    my $who = $n++ % $people;

    $child{$who} //= bind_child($token, $who % 300);
    print "$token /kinship/codes/$child{$who}\n";
}
